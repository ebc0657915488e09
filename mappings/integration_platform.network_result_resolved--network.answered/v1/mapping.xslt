<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:integration_platform.network_result_resolved:v1" xmlns="urn:renkei:network.answered:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:result">
    <result>
      <record_number><xsl:value-of select="i:record_number"/></record_number>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <provider><xsl:value-of select="i:provider"/></provider>
      <data_item><xsl:value-of select="i:data_item"/></data_item>
      <xsl:for-each select="i:item">
        <item>
          <code><xsl:value-of select="i:code"/></code>
          <xsl:if test="i:value"><value><xsl:value-of select="i:value"/></value></xsl:if>
          <xsl:if test="i:reason_of_null"><reason_of_null><xsl:value-of select="i:reason_of_null"/></reason_of_null></xsl:if>
        </item>
      </xsl:for-each>
    </result>
  </xsl:template>
</xsl:stylesheet>
