<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:application_management.matched:v1" xmlns="urn:renkei:comparison.matched:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:comparison">
    <comparison>
      <reception_number><xsl:value-of select="i:reception_number"/></reception_number>
      <record_version><xsl:value-of select="i:record_version"/></record_version>
      <compared_at><xsl:value-of select="i:compared_at"/></compared_at>
    </comparison>
  </xsl:template>
</xsl:stylesheet>
