<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:integration_platform.provision_content:v1" xmlns="urn:renkei:provision.content:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:content">
    <content>
      <processing_number><xsl:value-of select="i:processing_number"/></processing_number>
      <data_item><xsl:value-of select="i:data_item"/></data_item>
      <integrated_number><xsl:value-of select="i:integrated_number"/></integrated_number>
      <xsl:for-each select="i:item">
        <item>
          <code><xsl:value-of select="i:code"/></code>
          <xsl:if test="i:value"><value><xsl:value-of select="i:value"/></value></xsl:if>
          <xsl:if test="i:reason_of_null"><reason_of_null><xsl:value-of select="i:reason_of_null"/></reason_of_null></xsl:if>
        </item>
      </xsl:for-each>
      <answered_at><xsl:value-of select="i:answered_at"/></answered_at>
    </content>
  </xsl:template>
</xsl:stylesheet>
