<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:pmh.key_required:v1" xmlns="urn:renkei:pmh_key.request:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:keyRequired">
    <request>
      <individual_number><xsl:value-of select="i:myNumber"/></individual_number>
      <request_id><xsl:value-of select="i:requestId"/></request_id>
    </request>
  </xsl:template>
</xsl:stylesheet>
