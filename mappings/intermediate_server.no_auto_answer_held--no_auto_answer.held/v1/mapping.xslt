<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:intermediate_server.no_auto_answer_held:v1" xmlns="urn:renkei:no_auto_answer.held:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:noAutoAnswerHeld">
    <held>
      <xsl:if test="i:IntegratedAddressNumber"><integrated_number><xsl:value-of select="i:IntegratedAddressNumber"/></integrated_number></xsl:if>
      <xsl:if test="i:SpecificPersonalInformationCode"><data_item><xsl:value-of select="i:SpecificPersonalInformationCode"/></data_item></xsl:if>
      <suppressed>
        <xsl:choose>
          <xsl:when test="normalize-space(i:NoAutoAnswerFlag) = '0'">false</xsl:when>
          <xsl:otherwise>true</xsl:otherwise>
        </xsl:choose>
      </suppressed>
      <version><xsl:value-of select="i:FlagVersion"/></version>
    </held>
  </xsl:template>
</xsl:stylesheet>
