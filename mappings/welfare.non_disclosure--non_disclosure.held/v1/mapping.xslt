<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:welfare.non_disclosure:v1" xmlns="urn:renkei:non_disclosure.held:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:non_disclosure">
    <held>
      <xsl:if test="i:addressee_number"><addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number></xsl:if>
      <xsl:if test="i:data_item"><data_item><xsl:value-of select="i:data_item"/></data_item></xsl:if>
      <held><xsl:value-of select="i:held"/></held>
      <stated_at><xsl:value-of select="i:stated_at"/></stated_at>
    </held>
  </xsl:template>
</xsl:stylesheet>
