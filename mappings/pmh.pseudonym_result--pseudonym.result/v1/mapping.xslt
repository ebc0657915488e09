<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:pmh.pseudonym_result:v1" xmlns="urn:renkei:pseudonym.result:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:pseudonymResult">
    <result>
      <pseudonym><xsl:value-of select="i:pseudonym"/></pseudonym>
      <result><xsl:value-of select="i:result"/></result>
    </result>
  </xsl:template>
</xsl:stylesheet>
