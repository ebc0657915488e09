<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:network.inquiry_resolved:v1" xmlns="urn:renkei:intermediate_server.information_inquiry:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:inquiry">
    <informationInquiry>
      <MessageHeader>
        <MsgId><xsl:value-of select="concat('SKQ', i:record_number)"/></MsgId>
        <MsgTypeId>IF_SKI_REQUEST</MsgTypeId>
        <MsgMode>0</MsgMode>
        <SourceSystemID>RENKEI</SourceSystemID>
        <DestinationSystemID>CHUKAN</DestinationSystemID>
      </MessageHeader>
      <RecordIdentificationNumber><xsl:value-of select="i:record_number"/></RecordIdentificationNumber>
      <IntegratedAddressNumber><xsl:value-of select="i:integrated_number"/></IntegratedAddressNumber>
      <ProcedureCode><xsl:value-of select="i:procedure"/></ProcedureCode>
      <ProviderCode><xsl:value-of select="i:provider"/></ProviderCode>
      <SpecificPersonalInformationCode><xsl:value-of select="i:data_item"/></SpecificPersonalInformationCode>
      <FiscalYear><xsl:value-of select="i:fiscal_year"/></FiscalYear>
    </informationInquiry>
  </xsl:template>
</xsl:stylesheet>
