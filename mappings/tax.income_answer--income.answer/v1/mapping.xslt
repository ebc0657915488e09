<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:tax.income_answer:v1" xmlns="urn:renkei:income.answer:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:answer">
    <answer>
      <inquiry_number><xsl:value-of select="i:inquiry_number"/></inquiry_number>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <fiscal_year><xsl:value-of select="i:fiscal_year"/></fiscal_year>
      <reference_date><xsl:value-of select="i:reference_date"/></reference_date>
      <xsl:choose>
        <xsl:when test="i:unknown">
          <status>unknown</status>
          <next_step>
            <xsl:choose>
              <xsl:when test="i:unknown = 'elsewhere'">network_inquiry</xsl:when>
              <xsl:when test="i:unknown = 'abroad'">statement</xsl:when>
              <xsl:otherwise>unknown_income_notice</xsl:otherwise>
            </xsl:choose>
          </next_step>
        </xsl:when>
        <xsl:when test="i:levy/i:income_levy &gt; 0 and i:levy/i:per_capita_levy = 0">
          <status>data_error</status>
          <next_step>ask_tax_office</next_step>
        </xsl:when>
        <xsl:otherwise>
          <status>known</status>
          <income_class>
            <xsl:choose>
              <xsl:when test="i:levy/i:income_levy &gt; 0">taxable</xsl:when>
              <xsl:when test="i:levy/i:per_capita_levy &gt; 0">per_capita_only</xsl:when>
              <xsl:otherwise>non_taxable</xsl:otherwise>
            </xsl:choose>
          </income_class>
          <xsl:for-each select="i:levy">
            <levy>
              <total_income><xsl:value-of select="i:total_income"/></total_income>
              <income_levy><xsl:value-of select="i:income_levy"/></income_levy>
              <per_capita_levy><xsl:value-of select="i:per_capita_levy"/></per_capita_levy>
              <dependants><xsl:value-of select="i:dependants"/></dependants>
            </levy>
          </xsl:for-each>
        </xsl:otherwise>
      </xsl:choose>
      <answered_at><xsl:value-of select="i:answered_at"/></answered_at>
    </answer>
  </xsl:template>
</xsl:stylesheet>
