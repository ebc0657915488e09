<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:public_assistance.answer:v1" xmlns="urn:renkei:assistance.answer:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:answer">
    <answer>
      <inquiry_number><xsl:value-of select="i:inquiry_number"/></inquiry_number>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <reference_date><xsl:value-of select="i:reference_date"/></reference_date>
      <status>
        <xsl:choose>
          <xsl:when test="i:receiving = '1'">receiving</xsl:when>
          <xsl:otherwise>not_receiving</xsl:otherwise>
        </xsl:choose>
      </status>
      <xsl:if test="i:started_on">
        <started_on><xsl:value-of select="i:started_on"/></started_on>
      </xsl:if>
      <xsl:if test="i:ended_on">
        <ended_on><xsl:value-of select="i:ended_on"/></ended_on>
      </xsl:if>
      <answered_at><xsl:value-of select="i:answered_at"/></answered_at>
    </answer>
  </xsl:template>
</xsl:stylesheet>
