<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:pmh_key.issued:v1" xmlns="urn:renkei:pmh.key_binding:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:issued">
    <keyBinding>
      <pmhKey><xsl:value-of select="i:pmh_key"/></pmhKey>
      <myNumber><xsl:value-of select="i:individual_number"/></myNumber>
    </keyBinding>
  </xsl:template>
</xsl:stylesheet>
