<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:pmh.view_denied:v1" xmlns="urn:renkei:entitlement.view_denied:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:viewDenied">
    <denied>
      <view_number><xsl:value-of select="i:viewNumber"/></view_number>
      <pseudonym><xsl:value-of select="i:pseudonym"/></pseudonym>
      <result><xsl:value-of select="i:result"/></result>
    </denied>
  </xsl:template>
</xsl:stylesheet>
