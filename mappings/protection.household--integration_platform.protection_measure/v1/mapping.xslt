<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:protection.household:v1" xmlns="urn:renkei:integration_platform.protection_measure:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:measure">
    <measure>
      <source><xsl:value-of select="i:source"/></source>
      <addressee_number><xsl:value-of select="i:member/i:addressee_number"/></addressee_number>
      <action><xsl:value-of select="i:action"/></action>
      <version><xsl:value-of select="i:member/i:version"/></version>
      <act_number><xsl:value-of select="i:act_number"/></act_number>
      <decided_at><xsl:value-of select="i:decided_at"/></decided_at>
      <effective_from><xsl:value-of select="i:effective_from"/></effective_from>
    </measure>
  </xsl:template>
</xsl:stylesheet>
