<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:pmh.no_entitlement:v1" xmlns="urn:renkei:entitlement.none:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:noEntitlement">
    <none>
      <institution_code><xsl:value-of select="i:institutionCode"/></institution_code>
      <file_identifier><xsl:value-of select="i:fileIdentifier"/></file_identifier>
      <confirmed_on><xsl:value-of select="i:confirmedOn"/></confirmed_on>
      <processed_at><xsl:value-of select="i:processedAt"/></processed_at>
    </none>
  </xsl:template>
</xsl:stylesheet>
