<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:renewal.list:v1" xmlns="urn:renkei:tax.income_list:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:list">
    <list>
      <list_number><xsl:value-of select="i:list_number"/></list_number>
      <fiscal_year><xsl:value-of select="i:fiscal_year"/></fiscal_year>
      <reference_date><xsl:value-of select="i:reference_date"/></reference_date>
      <legal_basis><xsl:value-of select="i:legal_basis"/></legal_basis>
      <asked_at><xsl:value-of select="i:asked_at"/></asked_at>
      <!-- who applies for several children is asked about once -->
      <xsl:for-each select="i:person[not(i:applicant_number = preceding-sibling::i:person/i:applicant_number)]">
        <person>
          <addressee_number><xsl:value-of select="i:applicant_number"/></addressee_number>
          <name><xsl:value-of select="i:applicant_name"/></name>
        </person>
      </xsl:for-each>
    </list>
  </xsl:template>
</xsl:stylesheet>
