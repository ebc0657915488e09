<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:pseudonym.binding:v1" xmlns="urn:renkei:pmh.pseudonym_binding:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:binding">
    <pseudonymBinding>
      <pseudonym><xsl:value-of select="i:pseudonym"/></pseudonym>
      <linkKey><xsl:value-of select="i:link_key"/></linkKey>
    </pseudonymBinding>
  </xsl:template>
</xsl:stylesheet>
