<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:numbering.assigned:v1" xmlns="urn:renkei:intermediate_server.code_request:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:numbering">
    <codeRequest>
      <MessageHeader>
        <MsgId>FGU<xsl:value-of select="i:integrated_number"/></MsgId>
        <MsgTypeId>IF_FGU_REQUEST</MsgTypeId>
        <MsgMode>0</MsgMode>
        <SourceSystemID>RENKEI</SourceSystemID>
        <DestinationSystemID>CHUKAN</DestinationSystemID>
      </MessageHeader>
      <IntegratedAddressNumber><xsl:value-of select="i:integrated_number"/></IntegratedAddressNumber>
    </codeRequest>
  </xsl:template>
</xsl:stylesheet>
