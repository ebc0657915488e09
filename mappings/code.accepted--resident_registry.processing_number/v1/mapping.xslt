<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:code.accepted:v1" xmlns="urn:renkei:resident_registry.processing_number:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:processing">
    <processing>
      <integrated_number><xsl:value-of select="i:integrated_number"/></integrated_number>
      <processing_number><xsl:value-of select="i:processing_number"/></processing_number>
    </processing>
  </xsl:template>
</xsl:stylesheet>
