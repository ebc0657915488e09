<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:integration_platform.no_auto_answer:v1" xmlns="urn:renkei:no_auto_answer.decided:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:decision">
    <decision>
      <xsl:if test="i:addressee_number"><addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number></xsl:if>
      <xsl:if test="i:integrated_number"><integrated_number><xsl:value-of select="i:integrated_number"/></integrated_number></xsl:if>
      <xsl:if test="i:data_item"><data_item><xsl:value-of select="i:data_item"/></data_item></xsl:if>
      <suppressed><xsl:value-of select="i:suppressed"/></suppressed>
      <version><xsl:value-of select="i:version"/></version>
      <act_number><xsl:value-of select="i:act_number"/></act_number>
      <decided_at><xsl:value-of select="i:decided_at"/></decided_at>
    </decision>
  </xsl:template>
</xsl:stylesheet>
