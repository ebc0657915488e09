<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:myna_portal.view:v1" xmlns="urn:renkei:entitlement.view:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:view">
    <view>
      <view_number><xsl:value-of select="i:viewNumber"/></view_number>
      <pseudonym><xsl:value-of select="i:pseudonym"/></pseudonym>
      <viewed_on><xsl:value-of select="i:viewedOn"/></viewed_on>
    </view>
  </xsl:template>
</xsl:stylesheet>
