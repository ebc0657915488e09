<?xml version="1.0" encoding="UTF-8"?>
<!-- The same items under other names of the namespace. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:template match="*">
    <xsl:element name="{local-name()}" namespace="urn:renkei:welfare.application:v1">
      <xsl:choose>
        <xsl:when test="*"><xsl:apply-templates select="*"/></xsl:when>
        <xsl:otherwise><xsl:value-of select="."/></xsl:otherwise>
      </xsl:choose>
    </xsl:element>
  </xsl:template>
</xsl:stylesheet>
