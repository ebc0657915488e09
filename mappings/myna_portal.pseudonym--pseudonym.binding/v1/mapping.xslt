<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:myna_portal.pseudonym:v1" xmlns="urn:renkei:pseudonym.binding:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:pseudonym">
    <binding>
      <pseudonym><xsl:value-of select="i:pseudonym"/></pseudonym>
      <link_key><xsl:value-of select="i:linkKey"/></link_key>
    </binding>
  </xsl:template>
</xsl:stylesheet>
