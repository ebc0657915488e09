<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:nonresident.registration:v1" xmlns="urn:renkei:integration_platform.nonresident:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:nonresident">
    <nonresident>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <xsl:if test="i:individual_number"><individual_number><xsl:value-of select="i:individual_number"/></individual_number></xsl:if>
      <history_number><xsl:value-of select="i:history_number"/></history_number>
      <relation><xsl:value-of select="i:relation"/></relation>
      <name><xsl:value-of select="i:name"/></name>
      <name_kana><xsl:value-of select="i:name_kana"/></name_kana>
      <sex><xsl:value-of select="i:sex"/></sex>
      <birth_date>
        <xsl:if test="i:birth_date/i:date"><date><xsl:value-of select="i:birth_date/i:date"/></date></xsl:if>
        <unknown><xsl:value-of select="i:birth_date/i:unknown"/></unknown>
        <xsl:if test="i:birth_date/i:text"><text><xsl:value-of select="i:birth_date/i:text"/></text></xsl:if>
      </birth_date>
      <address><xsl:value-of select="i:address"/></address>
      <registered_at><xsl:value-of select="i:registered_at"/></registered_at>
    </nonresident>
  </xsl:template>
</xsl:stylesheet>
