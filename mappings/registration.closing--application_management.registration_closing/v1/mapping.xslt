<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:registration.closing:v1" xmlns="urn:renkei:application_management.registration_closing:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:closing">
    <closing>
      <reception_number><xsl:value-of select="i:reception_number"/></reception_number>
      <record_version><xsl:value-of select="i:record_version"/></record_version>
      <asked_at><xsl:value-of select="i:asked_at"/></asked_at>
    </closing>
  </xsl:template>
</xsl:stylesheet>
