<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:intermediate_server.copy_registered:v1" xmlns="urn:renkei:copy.registered:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:copyRegistered">
    <result>
      <record_number><xsl:value-of select="i:RecordIdentificationNumber"/></record_number>
    </result>
  </xsl:template>
</xsl:stylesheet>
