<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:network.inquiry:v1" xmlns="urn:renkei:integration_platform.network_inquiry:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:inquiry">
    <inquiry>
      <record_number><xsl:value-of select="i:record_number"/></record_number>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <procedure><xsl:value-of select="i:procedure"/></procedure>
      <provider><xsl:value-of select="i:provider"/></provider>
      <data_item><xsl:value-of select="i:data_item"/></data_item>
      <fiscal_year><xsl:value-of select="i:fiscal_year"/></fiscal_year>
    </inquiry>
  </xsl:template>
</xsl:stylesheet>
