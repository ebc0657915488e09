<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:pmh_key.request:v1" xmlns="urn:renkei:insurer_intermediate_server.key_request:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:request">
    <keyRequest>
      <myNumber><xsl:value-of select="i:individual_number"/></myNumber>
      <requestId><xsl:value-of select="i:request_id"/></requestId>
    </keyRequest>
  </xsl:template>
</xsl:stylesheet>
