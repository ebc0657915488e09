<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:application.receipt:v1" xmlns="urn:renkei:myna_portal.application_receipt:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:receipt">
    <receipt>
      <receptionNumber><xsl:value-of select="i:reception_number"/></receptionNumber>
      <outcome><xsl:value-of select="i:outcome"/></outcome>
      <xsl:if test="i:reason">
        <reason><xsl:value-of select="i:reason"/></reason>
      </xsl:if>
      <decidedAt><xsl:value-of select="i:decided_at"/></decidedAt>
    </receipt>
  </xsl:template>
</xsl:stylesheet>
