<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:entitlement.view:v1" xmlns="urn:renkei:pmh.entitlement_view:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:view">
    <entitlementView>
      <viewNumber><xsl:value-of select="i:view_number"/></viewNumber>
      <pseudonym><xsl:value-of select="i:pseudonym"/></pseudonym>
      <viewedOn><xsl:value-of select="i:viewed_on"/></viewedOn>
    </entitlementView>
  </xsl:template>
</xsl:stylesheet>
