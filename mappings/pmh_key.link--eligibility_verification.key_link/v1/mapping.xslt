<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:pmh_key.link:v1" xmlns="urn:renkei:eligibility_verification.key_link:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:link">
    <keyLink>
      <pmhKey><xsl:value-of select="i:pmh_key"/></pmhKey>
      <linkNumber><xsl:value-of select="i:link_number"/></linkNumber>
    </keyLink>
  </xsl:template>
</xsl:stylesheet>
