<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:intermediate_server.information_result:v1" xmlns="urn:renkei:network.result:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:informationResult">
    <result>
      <record_number><xsl:value-of select="i:RecordIdentificationNumber"/></record_number>
      <integrated_number><xsl:value-of select="i:IntegratedAddressNumber"/></integrated_number>
      <provider><xsl:value-of select="i:ProviderCode"/></provider>
      <data_item><xsl:value-of select="i:SpecificPersonalInformationCode"/></data_item>
      <xsl:for-each select="i:Item">
        <item>
          <code><xsl:value-of select="i:ItemCode"/></code>
          <xsl:if test="i:Value"><value><xsl:value-of select="i:Value"/></value></xsl:if>
          <xsl:if test="i:ReasonOfNull"><reason_of_null><xsl:value-of select="i:ReasonOfNull"/></reason_of_null></xsl:if>
        </item>
      </xsl:for-each>
    </result>
  </xsl:template>
</xsl:stylesheet>
