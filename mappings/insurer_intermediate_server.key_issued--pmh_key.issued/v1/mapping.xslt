<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:insurer_intermediate_server.key_issued:v1" xmlns="urn:renkei:pmh_key.issued:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:keyIssued">
    <issued>
      <pmh_key><xsl:value-of select="i:pmhKey"/></pmh_key>
      <individual_number><xsl:value-of select="i:myNumber"/></individual_number>
    </issued>
  </xsl:template>
</xsl:stylesheet>
