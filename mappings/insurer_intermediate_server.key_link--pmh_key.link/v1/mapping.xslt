<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:insurer_intermediate_server.key_link:v1" xmlns="urn:renkei:pmh_key.link:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:keyLink">
    <link>
      <pmh_key><xsl:value-of select="i:pmhKey"/></pmh_key>
      <link_number><xsl:value-of select="i:linkNumber"/></link_number>
    </link>
  </xsl:template>
</xsl:stylesheet>
