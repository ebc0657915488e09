<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:welfare.income_inquiry:v1" xmlns="urn:renkei:income.inquiry:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:inquiry">
    <inquiry>
      <inquiry_number><xsl:value-of select="i:inquiry_number"/></inquiry_number>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <fiscal_year><xsl:value-of select="i:fiscal_year"/></fiscal_year>
      <reference_date><xsl:value-of select="i:reference_date"/></reference_date>
      <legal_basis><xsl:value-of select="i:legal_basis"/></legal_basis>
      <asked_at><xsl:value-of select="i:asked_at"/></asked_at>
    </inquiry>
  </xsl:template>
</xsl:stylesheet>
