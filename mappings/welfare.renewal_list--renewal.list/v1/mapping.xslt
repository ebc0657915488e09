<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:welfare.renewal_list:v1" xmlns="urn:renkei:renewal.list:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:list">
    <list>
      <list_number><xsl:value-of select="i:list_number"/></list_number>
      <fiscal_year><xsl:value-of select="i:fiscal_year"/></fiscal_year>
      <reference_date><xsl:value-of select="i:reference_date"/></reference_date>
      <checked_on><xsl:value-of select="i:checked_on"/></checked_on>
      <legal_basis><xsl:value-of select="i:legal_basis"/></legal_basis>
      <asked_at><xsl:value-of select="i:asked_at"/></asked_at>
      <xsl:for-each select="i:person">
        <person>
          <inquiry_number><xsl:value-of select="i:inquiry_number"/></inquiry_number>
          <child_number><xsl:value-of select="i:child_number"/></child_number>
          <applicant_number><xsl:value-of select="i:applicant_number"/></applicant_number>
          <applicant_name><xsl:value-of select="i:applicant_name"/></applicant_name>
        </person>
      </xsl:for-each>
    </list>
  </xsl:template>
</xsl:stylesheet>
