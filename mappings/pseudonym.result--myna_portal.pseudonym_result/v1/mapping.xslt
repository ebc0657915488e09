<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:pseudonym.result:v1" xmlns="urn:renkei:myna_portal.pseudonym_result:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:result">
    <pseudonymResult>
      <pseudonym><xsl:value-of select="i:pseudonym"/></pseudonym>
      <result><xsl:value-of select="i:result"/></result>
    </pseudonymResult>
  </xsl:template>
</xsl:stylesheet>
