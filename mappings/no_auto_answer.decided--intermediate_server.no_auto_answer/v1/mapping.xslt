<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:no_auto_answer.decided:v1" xmlns="urn:renkei:intermediate_server.no_auto_answer:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:decision">
    <noAutoAnswer>
      <MessageHeader>
        <MsgId>NAA<xsl:value-of select="concat(i:integrated_number, substring(i:data_item, 3), 'V', i:version)"/></MsgId>
        <MsgTypeId>IF_TKY_FLAG_SET</MsgTypeId>
        <MsgMode>0</MsgMode>
        <SourceSystemID>RENKEI</SourceSystemID>
        <DestinationSystemID>CHUKAN</DestinationSystemID>
      </MessageHeader>
      <xsl:if test="i:integrated_number"><IntegratedAddressNumber><xsl:value-of select="i:integrated_number"/></IntegratedAddressNumber></xsl:if>
      <xsl:if test="i:data_item"><SpecificPersonalInformationCode><xsl:value-of select="i:data_item"/></SpecificPersonalInformationCode></xsl:if>
      <NoAutoAnswerFlag>
        <xsl:choose>
          <xsl:when test="normalize-space(i:suppressed) = 'false'">0</xsl:when>
          <xsl:otherwise>1</xsl:otherwise>
        </xsl:choose>
      </NoAutoAnswerFlag>
      <FlagVersion><xsl:value-of select="i:version"/></FlagVersion>
      <ActNumber><xsl:value-of select="i:act_number"/></ActNumber>
    </noAutoAnswer>
  </xsl:template>
</xsl:stylesheet>
