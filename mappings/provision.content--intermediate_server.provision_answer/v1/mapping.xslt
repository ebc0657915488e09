<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:provision.content:v1" xmlns="urn:renkei:intermediate_server.provision_answer:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:content">
    <provisionAnswer>
      <MessageHeader>
        <MsgId><xsl:value-of select="concat('TKA', i:processing_number)"/></MsgId>
        <MsgTypeId>IF_TKY_ANSWER</MsgTypeId>
        <MsgMode>0</MsgMode>
        <SourceSystemID>RENKEI</SourceSystemID>
        <DestinationSystemID>CHUKAN</DestinationSystemID>
      </MessageHeader>
      <ProcessingNumber><xsl:value-of select="i:processing_number"/></ProcessingNumber>
      <SpecificPersonalInformationCode><xsl:value-of select="i:data_item"/></SpecificPersonalInformationCode>
      <IntegratedAddressNumber><xsl:value-of select="i:integrated_number"/></IntegratedAddressNumber>
      <xsl:for-each select="i:item">
        <Item>
          <ItemCode><xsl:value-of select="i:code"/></ItemCode>
          <xsl:if test="i:value"><Value><xsl:value-of select="i:value"/></Value></xsl:if>
          <xsl:if test="i:reason_of_null"><ReasonOfNull><xsl:value-of select="i:reason_of_null"/></ReasonOfNull></xsl:if>
        </Item>
      </xsl:for-each>
    </provisionAnswer>
  </xsl:template>
</xsl:stylesheet>
