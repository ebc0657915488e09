<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:application_management.closing_decided:v1" xmlns="urn:renkei:closing.decided:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:decision">
    <decision>
      <reception_number><xsl:value-of select="i:reception_number"/></reception_number>
      <record_version><xsl:value-of select="i:record_version"/></record_version>
      <outcome><xsl:value-of select="i:outcome"/></outcome>
      <xsl:if test="i:reason">
        <reason><xsl:value-of select="i:reason"/></reason>
      </xsl:if>
      <decided_at><xsl:value-of select="i:decided_at"/></decided_at>
    </decision>
  </xsl:template>
</xsl:stylesheet>
