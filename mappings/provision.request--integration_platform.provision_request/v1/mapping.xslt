<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:provision.request:v1" xmlns="urn:renkei:integration_platform.provision_request:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:inquiry">
    <inquiry>
      <processing_number><xsl:value-of select="i:processing_number"/></processing_number>
      <inquirer><xsl:value-of select="i:inquirer"/></inquirer>
      <procedure><xsl:value-of select="i:procedure"/></procedure>
      <data_item><xsl:value-of select="i:data_item"/></data_item>
      <integrated_number><xsl:value-of select="i:integrated_number"/></integrated_number>
      <xsl:for-each select="i:item_code">
        <item_code><xsl:value-of select="."/></item_code>
      </xsl:for-each>
    </inquiry>
  </xsl:template>
</xsl:stylesheet>
