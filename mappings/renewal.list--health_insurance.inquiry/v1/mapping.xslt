<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:renewal.list:v1" xmlns="urn:renkei:health_insurance.inquiry:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:list">
    <inquiry>
      <inquiry_number><xsl:value-of select="i:person/i:inquiry_number"/></inquiry_number>
      <addressee_number><xsl:value-of select="i:person/i:child_number"/></addressee_number>
      <reference_date><xsl:value-of select="i:checked_on"/></reference_date>
      <legal_basis><xsl:value-of select="i:legal_basis"/></legal_basis>
      <asked_at><xsl:value-of select="i:asked_at"/></asked_at>
    </inquiry>
  </xsl:template>
</xsl:stylesheet>
