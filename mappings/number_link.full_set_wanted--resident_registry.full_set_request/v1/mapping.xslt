<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:number_link.full_set_wanted:v1" xmlns="urn:renkei:resident_registry.full_set_request:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:wanted">
    <request>
      <expected_sequence_number><xsl:value-of select="i:expected_sequence_number"/></expected_sequence_number>
      <received_sequence_number><xsl:value-of select="i:received_sequence_number"/></received_sequence_number>
    </request>
  </xsl:template>
</xsl:stylesheet>
