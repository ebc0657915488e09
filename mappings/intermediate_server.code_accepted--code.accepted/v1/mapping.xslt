<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:intermediate_server.code_accepted:v1" xmlns="urn:renkei:code.accepted:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:codeAccepted">
    <processing>
      <integrated_number><xsl:value-of select="i:IntegratedAddressNumber"/></integrated_number>
      <processing_number><xsl:value-of select="i:ProcessingNumber"/></processing_number>
    </processing>
  </xsl:template>
</xsl:stylesheet>
