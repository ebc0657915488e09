<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:number_link.differences:v1" xmlns="urn:renkei:application_management.number_links:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:links">
    <links>
      <sequence_number><xsl:value-of select="i:sequence_number"/></sequence_number>
      <generated_at><xsl:value-of select="i:generated_at"/></generated_at>
      <xsl:for-each select="i:link">
        <link>
          <certificate_serial><xsl:value-of select="i:certificate_serial"/></certificate_serial>
          <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
          <deleted><xsl:value-of select="i:deleted"/></deleted>
          <exclusion_key><xsl:value-of select="i:exclusion_key"/></exclusion_key>
          <updated_at><xsl:value-of select="i:updated_at"/></updated_at>
        </link>
      </xsl:for-each>
    </links>
  </xsl:template>
</xsl:stylesheet>
