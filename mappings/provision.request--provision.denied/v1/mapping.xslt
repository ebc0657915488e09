<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:provision.request:v1" xmlns="urn:renkei:provision.denied:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:inquiry">
    <denied>
      <processing_number><xsl:value-of select="i:processing_number"/></processing_number>
    </denied>
  </xsl:template>
</xsl:stylesheet>
