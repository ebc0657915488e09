<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:provision.denied:v1" xmlns="urn:renkei:intermediate_server.provision_denied:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:denied">
    <provisionDenied>
      <MessageHeader>
        <MsgId><xsl:value-of select="concat('TKD', i:processing_number)"/></MsgId>
        <MsgTypeId>IF_TKY_DENIED</MsgTypeId>
        <MsgMode>0</MsgMode>
        <SourceSystemID>RENKEI</SourceSystemID>
        <DestinationSystemID>CHUKAN</DestinationSystemID>
      </MessageHeader>
      <ProcessingNumber><xsl:value-of select="i:processing_number"/></ProcessingNumber>
      <MsgResult>1</MsgResult>
    </provisionDenied>
  </xsl:template>
</xsl:stylesheet>
