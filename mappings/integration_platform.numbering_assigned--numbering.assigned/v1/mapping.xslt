<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:integration_platform.numbering_assigned:v1" xmlns="urn:renkei:numbering.assigned:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:numbering">
    <numbering>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <integrated_number><xsl:value-of select="i:integrated_number"/></integrated_number>
      <decided_at><xsl:value-of select="i:decided_at"/></decided_at>
    </numbering>
  </xsl:template>
</xsl:stylesheet>
