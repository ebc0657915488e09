<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:application_management.status_change:v1" xmlns="urn:renkei:application.status:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:status">
    <status>
      <reception_number><xsl:value-of select="i:reception_number"/></reception_number>
      <xsl:if test="i:addressee_number">
        <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      </xsl:if>
      <status_version><xsl:value-of select="i:status_version"/></status_version>
      <status_code><xsl:value-of select="i:status_code"/></status_code>
      <status_name><xsl:value-of select="i:status_name"/></status_name>
      <xsl:if test="i:municipality_comment">
        <municipality_comment><xsl:value-of select="i:municipality_comment"/></municipality_comment>
      </xsl:if>
      <changed_at><xsl:value-of select="i:changed_at"/></changed_at>
    </status>
  </xsl:template>
</xsl:stylesheet>
