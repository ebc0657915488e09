<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:income.answer:v1" xmlns="urn:renkei:welfare.income_answer:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:answer">
    <answer>
      <inquiry_number><xsl:value-of select="i:inquiry_number"/></inquiry_number>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <fiscal_year><xsl:value-of select="i:fiscal_year"/></fiscal_year>
      <reference_date><xsl:value-of select="i:reference_date"/></reference_date>
      <status><xsl:value-of select="i:status"/></status>
      <xsl:if test="i:income_class">
        <income_class><xsl:value-of select="i:income_class"/></income_class>
      </xsl:if>
      <xsl:for-each select="i:levy">
        <levy>
          <total_income><xsl:value-of select="i:total_income"/></total_income>
          <income_levy><xsl:value-of select="i:income_levy"/></income_levy>
          <per_capita_levy><xsl:value-of select="i:per_capita_levy"/></per_capita_levy>
          <dependants><xsl:value-of select="i:dependants"/></dependants>
        </levy>
      </xsl:for-each>
      <xsl:if test="i:next_step">
        <next_step><xsl:value-of select="i:next_step"/></next_step>
      </xsl:if>
      <answered_at><xsl:value-of select="i:answered_at"/></answered_at>
    </answer>
  </xsl:template>
</xsl:stylesheet>
