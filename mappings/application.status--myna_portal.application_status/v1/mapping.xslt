<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:application.status:v1" xmlns="urn:renkei:myna_portal.application_status:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:status">
    <applicationStatus>
      <receptionNumber><xsl:value-of select="i:reception_number"/></receptionNumber>
      <statusVersion><xsl:value-of select="i:status_version"/></statusVersion>
      <applicationStatusCode><xsl:value-of select="i:status_code"/></applicationStatusCode>
      <applicationStatusName><xsl:value-of select="i:status_name"/></applicationStatusName>
      <xsl:if test="i:municipality_comment">
        <municipalityComment><xsl:value-of select="i:municipality_comment"/></municipalityComment>
      </xsl:if>
      <changedAt><xsl:value-of select="i:changed_at"/></changedAt>
    </applicationStatus>
  </xsl:template>
</xsl:stylesheet>
