<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:no_auto_answer.held:v1" xmlns="urn:renkei:integration_platform.no_auto_answer_held:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:held">
    <held>
      <xsl:if test="i:integrated_number"><integrated_number><xsl:value-of select="i:integrated_number"/></integrated_number></xsl:if>
      <xsl:if test="i:data_item"><data_item><xsl:value-of select="i:data_item"/></data_item></xsl:if>
      <suppressed><xsl:value-of select="i:suppressed"/></suppressed>
      <version><xsl:value-of select="i:version"/></version>
    </held>
  </xsl:template>
</xsl:stylesheet>
