<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:person.number:v1" xmlns="urn:renkei:integration_platform.numbering_request:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:person">
    <person>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <individual_number><xsl:value-of select="i:individual_number"/></individual_number>
      <name><xsl:value-of select="i:name"/></name>
      <name_kana><xsl:value-of select="i:name_kana"/></name_kana>
      <sex><xsl:value-of select="i:sex"/></sex>
      <birth_date>
        <xsl:if test="i:birth_date/i:date"><date><xsl:value-of select="i:birth_date/i:date"/></date></xsl:if>
        <unknown><xsl:value-of select="i:birth_date/i:unknown"/></unknown>
        <xsl:if test="i:birth_date/i:text"><text><xsl:value-of select="i:birth_date/i:text"/></text></xsl:if>
      </birth_date>
      <address><xsl:value-of select="i:address"/></address>
      <entered_at><xsl:value-of select="i:entered_at"/></entered_at>
    </person>
  </xsl:template>
</xsl:stylesheet>
