<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:number_link.applied:v1" xmlns="urn:renkei:resident_registry.number_links_applied:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:applied">
    <applied>
      <sequence_number><xsl:value-of select="i:sequence_number"/></sequence_number>
      <outcome><xsl:value-of select="i:outcome"/></outcome>
      <changed><xsl:value-of select="i:changed"/></changed>
      <deactivated><xsl:value-of select="i:deactivated"/></deactivated>
    </applied>
  </xsl:template>
</xsl:stylesheet>
