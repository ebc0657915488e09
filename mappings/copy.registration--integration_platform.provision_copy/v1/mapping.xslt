<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:copy.registration:v1" xmlns="urn:renkei:integration_platform.provision_copy:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:copy">
    <copy>
      <record_number><xsl:value-of select="i:record_number"/></record_number>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <data_item><xsl:value-of select="i:data_item"/></data_item>
      <dataset><xsl:value-of select="i:dataset"/></dataset>
      <dataset_key><xsl:value-of select="i:dataset_key"/></dataset_key>
      <layout_version><xsl:value-of select="i:layout_version"/></layout_version>
      <published_from><xsl:value-of select="i:published_from"/></published_from>
      <xsl:if test="i:published_to"><published_to><xsl:value-of select="i:published_to"/></published_to></xsl:if>
      <xsl:if test="i:region_code"><region_code><xsl:value-of select="i:region_code"/></region_code></xsl:if>
      <updated_at><xsl:value-of select="i:updated_at"/></updated_at>
      <operation><xsl:value-of select="i:operation"/></operation>
      <xsl:for-each select="i:item">
        <item>
          <code><xsl:value-of select="i:code"/></code>
          <xsl:if test="i:value"><value><xsl:value-of select="i:value"/></value></xsl:if>
          <xsl:if test="i:reason_of_null"><reason_of_null><xsl:value-of select="i:reason_of_null"/></reason_of_null></xsl:if>
        </item>
      </xsl:for-each>
    </copy>
  </xsl:template>
</xsl:stylesheet>
