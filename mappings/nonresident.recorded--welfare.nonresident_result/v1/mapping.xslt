<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:nonresident.recorded:v1" xmlns="urn:renkei:welfare.nonresident_result:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:recorded">
    <recorded>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <decided_at><xsl:value-of select="i:decided_at"/></decided_at>
    </recorded>
  </xsl:template>
</xsl:stylesheet>
